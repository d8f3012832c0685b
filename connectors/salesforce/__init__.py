"""Salesforce: records found, written and read back; see `destination.Salesforce`."""
