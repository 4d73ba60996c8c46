"""Digests: from reports and counts of requests to a bulletin's file, with its figures and pictures.

Pure. Drawing the pictures is `rilon.adapters`'; who approves a digest, `rilon.application`'s.
"""
