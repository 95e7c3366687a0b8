"""Reports for those who pay, follow and decide: one file a report, as Excel or CSV, with its definitions inside."""
