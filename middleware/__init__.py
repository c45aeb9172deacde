"""What every call passes through: inbound around handlers, outbound around dependencies."""
