"""The tree of a customer (network, region, agency; company, sites) and what each person is in it."""
