package dev.tethys.collect.logs.file;

/**
 * Identity of a file: an inode is reused once its file is deleted, so the birth time is included if
 * it is known.
 *
 * @param createdAt nanoseconds since 1970, or {@link #UNKNOWN_BIRTH}
 */
record FileId(long device, long inode, long createdAt) {
  static final long UNKNOWN_BIRTH = 0;

  /** Whether both may be the same file. */
  boolean mayBe(FileId other) {
    return device == other.device
        && inode == other.inode
        && (createdAt == other.createdAt
            || createdAt == UNKNOWN_BIRTH
            || other.createdAt == UNKNOWN_BIRTH);
  }

  /** The same file on another device number: devices are renumbered when a machine boots. */
  FileId on(long otherDevice) {
    return new FileId(otherDevice, inode, createdAt);
  }

  /** The location of the file, regardless of its content. */
  Inode place() {
    return new Inode(device, inode);
  }

  /** Whether this was born after another; false if it is unknown. */
  boolean isYoungerThan(FileId other) {
    return createdAt != UNKNOWN_BIRTH
        && other.createdAt != UNKNOWN_BIRTH
        && createdAt > other.createdAt;
  }

  record Inode(long device, long inode) {}
}
