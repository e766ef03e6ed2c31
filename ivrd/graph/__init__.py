"""Flows as pictures, and what changes for callers between two of them (ADR 18).

    ways          what leads out of a node, and what else it says of itself
    chart, paint  cells and blocks of a picture, and their colours
    layout, svg   one page to print                mermaid   text for wikis
    steps, alike  a flow as a caller walks it, and which steps are the same to a caller
    diff          the changes                      surroundings   of the settings around a flow
    phrases, told changes as sentences, and as data
"""
