package dev.tethys.api.pyroscope.debuginfo;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.SourceFrames;
import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * ELF files by tenant and build id. Files above the largest size together are removed, those first
 * that were not used for the longest time. Safe for several threads.
 *
 * <pre>
 * tenants/TENANT/BUILDID       uploaded
 * tenants/TENANT/BUILDID.dwp   uploaded package of split DWARF
 * upstream/BUILDID             fetched from another server, for all tenants
 * </pre>
 */
public final class DebugInfoStore {
  private static final int MAX_FILES = 100_000;
  private static final int BUFFER = 64 << 10;
  private static final String UNFINISHED = ".part";
  private static final String PACKAGE = ".dwp";
  private static final String TENANTS = "tenants";
  private static final String UPSTREAM = "upstream";

  private final FileAccess files;
  private final Path folder;
  private final long maxBytes;
  private final long maxFileBytes;
  private final Map<Path, Long> sizes = new LinkedHashMap<>(16, 0.75f, true); // by use
  private final AtomicLong uploads = new AtomicLong();
  private long bytes;

  private DebugInfoStore(FileAccess files, Path folder, DebugInfoOptions options) {
    this.files = files;
    this.folder = folder;
    this.maxBytes = options.maxBytes();
    this.maxFileBytes = options.maxFileBytes();
  }

  /** Opens a folder, which is created if it does not exist, and removes unfinished files. */
  public static DebugInfoStore open(FileAccess files, Path folder, DebugInfoOptions options)
      throws IOException {
    DebugInfoStore store = new DebugInfoStore(files, folder, options);
    store.scan();
    return store;
  }

  private synchronized void scan() throws IOException {
    scan(folder.resolve(UPSTREAM));
    for (Path tenant : files.list(folder.resolve(TENANTS))) {
      scan(tenant);
    }
    evict();
  }

  private void scan(Path of) throws IOException {
    for (Path file : files.list(of)) {
      if (file.toString().endsWith(UNFINISHED)) {
        files.delete(file);
      } else {
        long size = files.size(file);
        sizes.put(file, size);
        bytes += size;
      }
    }
  }

  /** Returns the maximum size of a file. */
  public long maxFileBytes() {
    return maxFileBytes;
  }

  /** Returns the total size of the stored files in bytes. */
  public synchronized long bytes() {
    return bytes;
  }

  private Path place(@Nullable String tenant, String buildId) {
    Path of = tenant == null ? folder.resolve(UPSTREAM) : folder.resolve(TENANTS).resolve(tenant);
    return of.resolve(buildId);
  }

  /** Returns a tenant's file for a build ID, or one fetched for all tenants; null if none. */
  public synchronized @Nullable Path find(String tenant, String buildId) {
    for (Path p : List.of(place(tenant, buildId), place(null, buildId))) {
      if (sizes.get(p) != null) {
        return p;
      }
    }
    return null;
  }

  /** Returns a tenant's split DWARF package for a build ID; null if none. */
  public synchronized @Nullable Path findPackage(String tenant, String buildId) {
    Path p = place(tenant, buildId + PACKAGE);
    return sizes.get(p) == null ? null : p;
  }

  /** Opens a file of the store. */
  public FileAccess.ReadableFile read(Path file) throws IOException {
    return files.open(file);
  }

  /**
   * Stores a file; it replaces the one of the same id. A package of split DWARF is stored in
   * addition to it. On return the file survives a crash.
   *
   * @param tenant null for one that was fetched for all
   * @return its size
   * @throws DebugInfoException if it is too large, no ELF file or one of another build
   */
  public long put(@Nullable String tenant, String buildId, InputStream content)
      throws IOException, DebugInfoException {
    Path place = place(tenant, buildId);
    Path parent = place.resolveSibling("");
    files.createDirectories(parent);
    Path part =
        place.resolveSibling(
            buildId.substring(0, 4) + "-" + uploads.incrementAndGet() + UNFINISHED);
    boolean done = false;
    try {
      long size = write(part, content);
      if (isPackage(part, buildId)) {
        place = place(tenant, buildId + PACKAGE);
      }
      synchronized (this) {
        files.rename(part, place);
        Long before = sizes.put(place, size);
        bytes += size - (before == null ? 0 : before);
        evict();
      }
      files.syncDirectory(parent);
      done = true;
      return size;
    } finally {
      if (!done) {
        files.delete(part);
      }
    }
  }

  private long write(Path file, InputStream content) throws IOException, DebugInfoException {
    byte[] buffer = new byte[BUFFER];
    try (FileAccess.WritableFile out = files.create(file)) {
      for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
        if (out.position() + n > maxFileBytes) {
          throw new DebugInfoException(
              "file is larger than "
                  + maxFileBytes
                  + " bytes; strip its code or raise --storage.debuginfo.max-file-size");
        }
        out.write(buffer, 0, n);
      }
      out.force();
      return out.position();
    }
  }

  /** Checks a file; true for a package of split DWARF, which has no build id. */
  private static boolean isPackage(Path file, String buildId) throws DebugInfoException {
    List<String> ids;
    boolean isPackage;
    boolean isUnit;
    try (ElfFile elf = ElfFile.open(file)) {
      ids = elf.buildIds();
      isPackage = SourceFrames.isPackage(elf);
      isUnit = SourceFrames.isSplitUnit(elf);
    } catch (IOException e) {
      throw new DebugInfoException(
          "file is not a valid 64-bit little-endian ELF file: "
              + String.valueOf(e.getMessage()).replace(file.toString(), "it"));
    }
    if (isUnit) {
      throw new DebugInfoException(
          "file has the split DWARF of one compilation (.dwo); pack all files with dwp and send"
              + " the package (.dwp)");
    }
    if (!ids.isEmpty() && !ids.contains(buildId)) {
      throw new DebugInfoException(
          "build id is " + buildId + ", but the file is of build " + String.join(", ", ids));
    }
    return isPackage;
  }

  private void evict() throws IOException {
    Iterator<Map.Entry<Path, Long>> oldest = sizes.entrySet().iterator();
    while ((bytes > maxBytes || sizes.size() > MAX_FILES) && oldest.hasNext()) {
      Map.Entry<Path, Long> e = oldest.next();
      files.delete(e.getKey());
      bytes -= e.getValue();
      oldest.remove();
    }
  }
}
