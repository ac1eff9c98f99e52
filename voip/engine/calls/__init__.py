"""Calls: the book, requests of clients, reports of workers."""
