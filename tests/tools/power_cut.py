"""What a power cut leaves of a folder: replays a log of the fault layer up to any operation.

The model, which is meant to be at least as hostile as ext4 with data=ordered:

- Data that an fsync or fdatasync of their file, or a syncfs, came after are there. Without one each write since may be
  there, be missing, or be there in part: torn at the borders of 512 or 4096 bytes, whatever the order of the writes was.
- A file may be as long as the writes that were kept make it, or as long as it was when the power went, with zeros where
  nothing was kept. An ftruncate that was not synced may have happened or not.
- What happened to the names of a folder (made, renamed, removed) is durable once the folder was fsynced, or a syncfs was
  called. After that it happened in order up to some point. An fsync of a file alone makes its name durable only where
  `file_sync_keeps_name` is set, as ext4 has it and POSIX has not.
- A rename within a folder happens whole or not at all; one from folder to folder may happen in one of them alone.
- A call that had not returned when the power went has not happened. Syncs do what they promise.
"""
import os
import pathlib
import random
import struct

HEAD = struct.Struct("<IIQQQIIQ")
MAGIC = 0x504F4D50
CREATE, TRUNCATE, WRITE, RENAME, UNLINK, MAKE_FOLDER, REMOVE_FOLDER, SYNC, SYNC_ALL, LINK, UNKNOWN = range(1, 12)
NAMES = dict(enumerate("create truncate write rename unlink mkdir rmdir sync sync_all link unknown".split(), 1))


class Operation:
    """One entry of the log. Paths are relative to the folder, "" is the folder itself."""

    def __init__(self, kind, inode=0, offset=0, path="", second_path="", data=b""):
        self.kind, self.inode, self.offset = kind, inode, offset
        self.path, self.second_path, self.data = path, second_path, data

    def __repr__(self):
        numbers = (self.offset, len(self.data)) if self.kind == WRITE else (self.offset,) if self.kind == TRUNCATE else ()
        return " ".join(map(str, filter(str, (NAMES[self.kind], self.path, self.second_path, *numbers))))


def read_log(log, folder):
    """The operations of a log on the folder that the layer was told of."""
    folder = os.path.realpath(folder)
    content = pathlib.Path(log).read_bytes()
    operations, at = [], 0
    while at < len(content):
        magic, kind, number, inode, offset, n_path, n_second, n_data = HEAD.unpack_from(content, at)
        assert (magic, number) == (MAGIC, len(operations)), "the log is damaged"
        at += HEAD.size
        paths = []
        for size in (n_path, n_second):
            path = content[at:at + size].decode()
            paths.append(os.path.relpath(path, folder) if path not in ("", folder) else "")
            at += size
        operations.append(Operation(kind, inode, offset, *paths, content[at:at + n_data]))
        at += n_data
    return operations


class File:
    """Bytes that are on the disk for sure, and changes that may not have got there."""

    def __init__(self, content=b""):
        self.durable = bytes(content)
        self.size = len(self.durable)
        self.pending = []

    def change(self, offset, data):
        """A write; with None for data, a truncation to `offset`."""
        self.pending.append((offset, data))
        self.size = offset if data is None else max(self.size, offset + len(data))

    def sync(self):
        content = bytearray(self.durable)
        for offset, data in self.pending:
            put(content, offset, data)
        self.durable, self.pending = bytes(content), []

    def after_cut(self, chance):
        content = bytearray(self.durable)
        share = chance.choice((0, 0, 0.1, 0.5, 0.9, 1, 1))
        for offset, data in self.pending:
            if data is None:
                if chance.random() < share:
                    put(content, offset, data)
            elif chance.random() < 0.2:
                tear(content, offset, data, chance)
            elif chance.random() < share:
                put(content, offset, data)
        if len(content) < self.size and chance.random() < 0.3:
            content.extend(bytes(self.size - len(content)))
        return bytes(content)


def put(content, offset, data):
    if data is None:
        del content[offset:]
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    if data is not None:
        content[offset:offset + len(data)] = data


def tear(content, offset, data, chance):
    """Some blocks of a write: those up to one, those from one on, or any."""
    block = chance.choice((512, 4096))
    borders = sorted({offset, offset + len(data), *range(-(-offset // block) * block, offset + len(data), block)})
    pieces = list(zip(borders, borders[1:]))
    border = chance.randrange(len(pieces) + 1)
    how = chance.choice(("first", "last", "any"))
    for number, (begin, end) in enumerate(pieces):
        if {"first": number < border, "last": number >= border, "any": chance.random() < 0.5}[how]:
            put(content, begin, data[begin - offset:end - offset])


class Folder:
    """Names that are on the disk for sure, and changes of them, in order. A change is {name: file, folder or None}."""

    def __init__(self):
        self.durable, self.pending = {}, []

    def now(self):
        entries = dict(self.durable)
        for change in self.pending:
            entries.update(change)
        return {name: entry for name, entry in entries.items() if entry is not None}

    def sync(self, n_changes=None):
        for change in self.pending[:n_changes]:
            self.durable.update(change)
        self.pending = [] if n_changes is None else self.pending[n_changes:]

    def after_cut(self, chance):
        entries = dict(self.durable)
        n_kept = chance.choice((0, len(self.pending), chance.randint(0, len(self.pending))))
        for change in self.pending[:n_kept]:
            entries.update(change)
        return {name: entry for name, entry in entries.items() if entry is not None}


class Disk:
    """The folder while operations are replayed. `before` is {path: bytes, None for a folder}, all of it durable."""

    def __init__(self, before=None, file_sync_keeps_name=False):
        self.root = Folder()
        self.files = {}  # By the number of the inode; a number may be used again.
        self.file_sync_keeps_name = file_sync_keeps_name
        for path, content in sorted((before or {}).items()):
            folder, name = self.place(path)
            folder.durable[name] = Folder() if content is None else File(content)

    def find(self, path):
        entry = self.root
        for name in filter(None, path.split("/")):
            entry = entry.now()[name]
        return entry

    def place(self, path):
        folder, _, name = path.rpartition("/")
        return self.find(folder), name

    def file_of(self, operation):
        if operation.inode not in self.files:
            self.files[operation.inode] = self.find(operation.path)  # One that was there before.
        return self.files[operation.inode]

    def apply(self, operation):
        kind = operation.kind
        if kind in (CREATE, MAKE_FOLDER):
            folder, name = self.place(operation.path)
            entry = File() if kind == CREATE else Folder()
            self.files[operation.inode] = entry
            folder.pending.append({name: entry})
        elif kind == WRITE:
            self.file_of(operation).change(operation.offset, operation.data)
        elif kind == TRUNCATE:
            self.file_of(operation).change(operation.offset, None)
        elif kind in (UNLINK, REMOVE_FOLDER):
            folder, name = self.place(operation.path)
            folder.pending.append({name: None})
        elif kind in (RENAME, LINK):
            self.rename(operation)
        elif kind == SYNC:
            self.sync(operation)
        elif kind == SYNC_ALL:
            self.sync_all(self.root)
        else:
            raise ValueError(f"{operation}: the model doesn't know what this call leaves")

    def rename(self, operation):
        source, old = self.place(operation.path)
        target, new = self.place(operation.second_path)
        entry = source.now()[old]
        gone = {} if operation.kind == LINK else {old: None}
        if source is target:
            source.pending.append({**gone, new: entry})
        else:
            target.pending.append({new: entry})
            source.pending.append(gone)

    def sync(self, operation):
        entry = self.find(operation.path) if operation.path == "" else self.file_of(operation)
        entry.sync()
        if isinstance(entry, File) and self.file_sync_keeps_name:
            folder, name = self.place(operation.path)
            for number, change in enumerate(folder.pending, 1):
                if change.get(name) is entry:
                    folder.sync(number)
                    break

    def sync_all(self, folder):
        for entry in self.files.values():
            entry.sync()
        folder.sync()
        for entry in folder.durable.values():
            if isinstance(entry, Folder):
                self.sync_all(entry)
            elif entry is not None:
                entry.sync()

    def after_cut(self, seed):
        """{path: bytes, None for a folder} as the next start finds it. The same seed gives the same."""
        chance = random.Random(seed)
        found, kept = {}, {}

        def visit(folder, prefix):
            for name, entry in sorted(folder.after_cut(chance).items()):
                if isinstance(entry, Folder):
                    found[prefix + name] = None
                    visit(entry, prefix + name + "/")
                else:
                    # Two names of one file show the same.
                    if id(entry) not in kept:
                        kept[id(entry)] = entry.after_cut(chance)
                    found[prefix + name] = kept[id(entry)]

        visit(self.root, "")
        return found


def snapshot(folder):
    """{path: bytes, None for a folder} of what is in a folder."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
            for path in sorted(folder.rglob("*"))}


def restore(found, folder):
    """Makes a folder of what after_cut() or snapshot() gave."""
    for path, content in sorted(found.items()):
        if content is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
