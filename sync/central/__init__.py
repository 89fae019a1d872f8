"""sync.central: the other end of the feed: a puller and its store."""
