package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Only the state of a process or a thread, read without allocation. */
final class ProcessState {
  char state;

  /** Number of threads of the process. */
  long threads;

  /** Reads a stat file; returns false if the process no longer exists. */
  boolean read(HostFiles files, String path) throws IOException {
    Text t = ProcessStat.open(files, path);
    if (t == null) {
      return false;
    }
    ProcessStat.findName(t);
    t.needField();
    state = (char) t.buf[t.fieldStart];
    if (!t.skipFields(ProcessStat.THREADS)) {
      throw t.malformed("too few columns");
    }
    threads = t.integer();
    return true;
  }
}
