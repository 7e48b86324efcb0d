"""The state machines of a backup and a restore, played by hand on the Lambda's real binary."""

BACKUP = {"rowgate": "bulk_backup"}
RESTORE = {"rowgate": "bulk_restore"}


class Backup:
    """One run: opened, and ready for its parts in any order."""

    def __init__(self, files, **options):
        self.files = files
        self.opened = files.invoke(BACKUP | {"step": "open", **options})
        self.items = self.opened["items"]

    def event(self, item):
        carried = {name: self.opened[name] for name in ("run", "codec", "bucket")}
        return BACKUP | {"step": "part", "item": item, **carried}

    def part(self, item):
        return self.files.invoke(self.event(item))

    def end(self, done):
        names = ("run", "started", "codec", "tables", "keep", "bucket")
        carried = {name: self.opened[name] for name in names}
        return BACKUP | {"step": "finish", "done": done, **carried}

    def finish(self, done):
        return self.files.invoke(self.end(done))


def back_up(files, **options):
    """A whole run; answers what its end does."""
    run = Backup(files, **options)
    return run.finish([run.part(item) for item in run.items])


class Restore:
    """One restore: opened, with its staging tables made."""

    def __init__(self, files, *sources, **options):
        self.files = files
        self.opened = files.invoke(RESTORE | {"step": "open", "sources": sources, **options})
        self.id = self.opened["id"]
        self.items = self.opened["items"]

    def event(self, item):
        carried = {"id": self.id, "run": self.opened["run"], "bucket": self.opened["bucket"]}
        return RESTORE | {"step": "part", "item": item, **carried}

    def part(self, item):
        return self.files.invoke(self.event(item))

    def parts(self, items):
        return [self.part(item) for item in items]

    def comparison(self, done):
        names = ("id", "run", "tables", "force", "bucket")
        return RESTORE | {"step": "compare", "done": done} | {name: self.opened[name] for name in names}

    def compare(self, done):
        return self.files.invoke(self.comparison(done))

    def end(self, compared, done):
        names = ("id", "tables", "force", "bucket")
        return RESTORE | {"step": "finish", "done": done} | {name: compared[name] for name in names}

    def finish(self, compared, done):
        return self.files.invoke(self.end(compared, done))


def restore(files, *sources, **options):
    """A whole restore; answers what its end does."""
    machine = Restore(files, *sources, **options)
    compared = machine.compare(machine.parts(machine.items))
    return machine.finish(compared, machine.parts(compared["items"]))
