package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Creates the part files of one flush or merge. Not thread-safe. */
public final class PartSink {
  private final FileAccess files;
  private final Path tenants;
  private final LongSupplier ids;
  private final String tenant;
  private final long generation;
  private final List<PartEntry> finished = new ArrayList<>();
  private final List<Path> paths = new ArrayList<>();

  PartSink(FileAccess files, Path tenants, LongSupplier ids, String tenant, long generation) {
    this.files = files;
    this.tenants = tenants;
    this.ids = ids;
    this.tenant = tenant;
    this.generation = generation;
  }

  /** Writes the content of a part. */
  @FunctionalInterface
  public interface Content {
    void write(PartWriter to) throws IOException;
  }

  /** Writes a part; it has at least one block. */
  public void part(long partition, Content content) throws IOException {
    long id = ids.getAsLong();
    Path folder = tenants.resolve(TenantNames.folder(tenant));
    if (!files.isDirectory(folder)) {
      files.createDirectories(folder);
      files.syncDirectory(tenants);
    }
    Path path = path(tenants, tenant, id);
    paths.add(path);
    try (PartWriter w = new PartWriter(files, path, tenant, id, partition, generation)) {
      content.write(w);
      finished.add(w.finish());
    }
    files.syncDirectory(folder);
  }

  static Path path(Path tenants, String tenant, long id) {
    return tenants.resolve(TenantNames.folder(tenant)).resolve(PartFormat.name(id));
  }

  /** Parts written. */
  List<PartEntry> finished() {
    return finished;
  }

  /** Files started, finished or not. */
  List<Path> paths() {
    return paths;
  }
}
