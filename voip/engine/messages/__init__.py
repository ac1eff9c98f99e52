"""Text messages: kept in the log's file, sent and received."""
