"""The live stream: from the feed to every subscriber, at the pace of each."""
