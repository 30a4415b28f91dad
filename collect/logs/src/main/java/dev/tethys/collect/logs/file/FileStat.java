package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Metadata of a file, links followed.
 *
 * @param size bytes
 * @param modified nanoseconds since 1970
 */
record FileStat(FileId id, long size, long modified, boolean regular) {
  private static final int MAX_DEVICES = 1000;
  private static final Set<Long> KEEPS_BIRTHS = ConcurrentHashMap.newKeySet();

  /** Requested file attributes. */
  private static final String WANTED =
      "unix:dev,ino,size,isRegularFile,lastModifiedTime,creationTime";

  /**
   * Reads the attributes of a file.
   *
   * @throws IOException if there is none, or it may not be read
   */
  static FileStat of(Path path) throws IOException {
    Map<String, Object> a = Files.readAttributes(path, WANTED);
    long modified = nanos(a, "lastModifiedTime");
    long created = nanos(a, "creationTime");
    long device = ((Number) get(a, "dev")).longValue();
    return new FileStat(
        new FileId(
            device,
            ((Number) get(a, "ino")).longValue(),
            created != modified || keepsBirths(device, path) ? created : FileId.UNKNOWN_BIRTH),
        (Long) get(a, "size"),
        modified,
        (Boolean) get(a, "isRegularFile"));
  }

  /**
   * Whether the file system stores birth times; otherwise the JDK returns the time of the last
   * change instead. The last change of a folder is rarely its creation.
   */
  private static boolean keepsBirths(long device, Path path) throws IOException {
    if (KEEPS_BIRTHS.contains(device)) {
      return true;
    }
    Path folder = path.toRealPath().getParent();
    if (folder == null) {
      return false;
    }
    Map<String, Object> a = Files.readAttributes(folder, WANTED);
    boolean keeps =
        ((Number) get(a, "dev")).longValue() == device
            && nanos(a, "lastModifiedTime") != nanos(a, "creationTime");
    if (keeps && KEEPS_BIRTHS.size() < MAX_DEVICES) {
      KEEPS_BIRTHS.add(device);
    }
    return keeps;
  }

  private static long nanos(Map<String, Object> a, String name) {
    return ((FileTime) get(a, name)).to(TimeUnit.NANOSECONDS);
  }

  private static Object get(Map<String, Object> a, String name) {
    Object v = a.get(name);
    if (v == null) {
      throw new IllegalStateException("the file system provides no " + name);
    }
    return v;
  }

  /** Status without a birth time, since a copy or a compressed file is younger than its content. */
  FileStat asCopy() {
    return new FileStat(
        new FileId(id.device(), id.inode(), FileId.UNKNOWN_BIRTH), size, modified, regular);
  }
}
