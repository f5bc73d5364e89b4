"""``facespectra serve``: a page on this machine, and an HTTP interface, that judge photographs and videos.

The server (:mod:`~facespectra.serve.app`) decodes nothing: uploads are judged by processes with limits
(:mod:`~facespectra.serve.worker`), which are started again when one of them dies.
"""
