package dev.tethys.collect.host.internal;

import dev.tethys.model.libc.LibraryFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** The kernel's name, from uname(2). */
final class UnameCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_uname_info",
          "Labeled system information as provided by the uname system call.",
          "sysname",
          "nodename",
          "release",
          "version",
          "machine",
          "domainname");

  /** struct utsname of Linux: six strings of 65 bytes. */
  private static final int FIELD = 65;

  private final MemorySegment state = LibraryFunction.errnoState(Arena.ofAuto());
  private final MemorySegment names = Arena.ofAuto().allocate(6 * FIELD);

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (Posix.uname(state, names) != 0) {
      throw new HostFileException("uname", "", LibraryFunction.errno(state));
    }
    String[] v = new String[6];
    for (int i = 0; i < v.length; i++) {
      v[i] = names.asSlice((long) i * FIELD, FIELD).getString(0, StandardCharsets.UTF_8);
    }
    out.add(INFO, 1, v);
  }
}
