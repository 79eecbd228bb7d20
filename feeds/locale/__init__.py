"""The languages of pages and of feeds' own sentences, each a catalog `TAG.po` in this folder.

`message` marks a sentence for translation, `languages` finds the catalog for a language, and
`locales` translates and writes dates, numbers and lists. CONTRIBUTING.md says how to add a
language.
"""
