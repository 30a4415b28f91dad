package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.FileRules;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;

/** Attributes of a record that describe its file. */
record FileAttributes(
    boolean name,
    boolean path,
    boolean nameResolved,
    boolean pathResolved,
    boolean owner,
    boolean group,
    boolean number,
    boolean offset) {
  /** The keys. */
  static final class Keys {
    private final Key<Boolean> name;
    private final Key<Boolean> path;
    private final Key<Boolean> nameResolved;
    private final Key<Boolean> pathResolved;
    private final Key<Boolean> owner;
    private final Key<Boolean> group;
    private final Key<Boolean> number;
    private final Key<Boolean> offset;

    Keys(Section s) {
      name = key(s, "include_file_name", true, "log.file.name");
      path = key(s, "include_file_path", false, "log.file.path");
      nameResolved = key(s, "include_file_name_resolved", false, "log.file.name_resolved");
      pathResolved = key(s, "include_file_path_resolved", false, "log.file.path_resolved");
      owner = key(s, "include_file_owner_name", false, "log.file.owner.name");
      group = key(s, "include_file_owner_group_name", false, "log.file.owner.group.name");
      number = key(s, "include_file_record_number", false, "log.file.record_number");
      offset = key(s, "include_file_record_offset", false, "log.file.record_offset");
    }

    private static Key<Boolean> key(Section s, String key, boolean on, String attribute) {
      return s.key(key, Type.BOOL, on, "If true, adds the attribute " + attribute + ".");
    }

    FileAttributes read(YamlObject o) {
      return new FileAttributes(
          o.get(name),
          o.get(path),
          o.get(nameResolved),
          o.get(pathResolved),
          o.get(owner),
          o.get(group),
          o.get(number),
          o.get(offset));
    }
  }

  /** Whether records contain their offset in the file. */
  boolean places() {
    return number || offset;
  }

  /** Returns the attributes common to all records of a file. */
  Attributes of(Path file) {
    Attributes a = new Attributes();
    if (name) {
      a.put("log.file.name", String.valueOf(file.getFileName()));
    }
    if (path) {
      a.put("log.file.path", file.toString());
    }
    if (nameResolved || pathResolved) {
      Path real = file;
      try {
        real = file.toRealPath();
      } catch (IOException e) {
        // gone meanwhile: it was that
      }
      if (nameResolved) {
        a.put("log.file.name_resolved", String.valueOf(real.getFileName()));
      }
      if (pathResolved) {
        a.put("log.file.path_resolved", real.toString());
      }
    }
    if (owner || group) {
      try {
        PosixFileAttributes p = Files.readAttributes(file, PosixFileAttributes.class);
        if (owner) {
          a.put("log.file.owner.name", p.owner().getName());
        }
        if (group) {
          a.put("log.file.owner.group.name", p.group().getName());
        }
      } catch (IOException | UnsupportedOperationException e) {
        // nothing is known about it
      }
    }
    return a;
  }

  /** Adds the offset of a record. */
  void place(Labels metadata, Attributes to) {
    if (number) {
      to.put("log.file.record_number", Long.valueOf(metadata.get(FileRules.NUMBER)));
    }
    if (offset) {
      to.put("log.file.record_offset", Long.valueOf(metadata.get(FileRules.OFFSET)));
    }
  }
}
