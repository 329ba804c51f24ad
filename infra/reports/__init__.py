"""Reports as workbooks, documents and PDF, in the reader's language."""
