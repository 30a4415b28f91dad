package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Connection tracking of the packet filter. */
final class ConntrackCollector implements NodeCollector {
  private static final Desc ENTRIES =
      Desc.gauge(
          "node_nf_conntrack_entries",
          "Number of currently allocated flow entries for connection tracking.");
  private static final Desc LIMIT =
      Desc.gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.");

  /** Exported columns of /proc/net/stat/nf_conntrack, with the names of their metrics. */
  private static final int[] COLUMNS = {2, 4, 5, 8, 9, 10, 11, 16};

  private static final Desc[] STATS = {
    stat("found", "Number of searched entries which were successful."),
    stat("invalid", "Number of packets seen which can not be tracked."),
    stat("ignore", "Number of packets seen which are already connected to a conntrack entry."),
    stat("insert", "Number of entries inserted into the list."),
    stat("insert_failed", "Number of entries for which list insertion was attempted but failed."),
    stat("drop", "Number of packets dropped due to conntrack failure."),
    stat(
        "early_drop",
        "Number of dropped conntrack entries to make room for new ones, if maximum table size"
            + " was reached."),
    stat(
        "search_restart",
        "Number of conntrack table lookups which had to be restarted due to hashtable resizes.")
  };

  private static Desc stat(String name, String help) {
    return Desc.gauge("node_nf_conntrack_stat_" + name, help);
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    try {
      out.add(ENTRIES, files.uint(files.proc("sys/net/netfilter/nf_conntrack_count")));
      out.add(LIMIT, files.uint(files.proc("sys/net/netfilter/nf_conntrack_max")));
      stats(files.read(files.proc("net/stat/nf_conntrack")), out);
    } catch (HostFileException e) {
      throw e.missing() ? NoDataException.NO_DATA : e;
    }
  }

  private static void stats(Text t, Families out) throws MalformedException {
    long[] sums = new long[COLUMNS.length];
    t.nextLine(); // headings
    while (t.nextLine()) {
      int shown = 0;
      int column = 0;
      for (; t.nextField(); column++) {
        if (shown < COLUMNS.length && column == COLUMNS[shown]) {
          sums[shown++] += t.hex();
        }
      }
      if (column != 16 && column != 17) { // older kernels lack search_restart
        throw t.malformed(column + " columns instead of 16 or 17");
      }
    }
    for (int i = 0; i < sums.length; i++) {
      out.add(STATS[i], Numbers.unsigned(sums[i]));
    }
  }
}
