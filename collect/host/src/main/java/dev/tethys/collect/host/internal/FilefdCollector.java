package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Open files of the whole system from /proc/sys/fs/file-nr. */
final class FilefdCollector implements NodeCollector {
  private static final Desc ALLOCATED =
      Desc.gauge("node_filefd_allocated", "File descriptor statistics: allocated.");
  private static final Desc MAXIMUM =
      Desc.gauge("node_filefd_maximum", "File descriptor statistics: maximum.");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("sys/fs/file-nr"));
    t.nextLine();
    t.needField();
    double allocated = t.number();
    t.needField(); // free ones, always 0
    t.needField();
    out.add(ALLOCATED, allocated);
    out.add(MAXIMUM, t.number());
  }
}
