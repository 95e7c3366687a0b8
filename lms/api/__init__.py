"""Where other programs come in: the identity system of an organisation says who works there (SCIM 2.0)."""
