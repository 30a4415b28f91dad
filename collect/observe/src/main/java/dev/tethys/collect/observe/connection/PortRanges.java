package dev.tethys.collect.observe.connection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ports the kernel assigns to clients, written {@code 32768-60999} or a list of such ranges. */
public final class PortRanges {
  /** Non-standard port that servers commonly use. */
  private static final int ALWAYS_TRACKED = 50051; // gRPC examples and many services

  private static final int LAST_PORT = 65_535;

  /** No ports. */
  public static final PortRanges NONE = new PortRanges(List.of());

  /** Linux's default of net.ipv4.ip_local_port_range. */
  public static final PortRanges LINUX = new PortRanges(List.of(new Range(32_768, 60_999)));

  private record Range(int first, int last) {}

  private final List<Range> ranges;

  private PortRanges(List<Range> ranges) {
    this.ranges = ranges;
  }

  /** Parses ranges separated by commas or blanks; returns null if the text is invalid. */
  public static @Nullable PortRanges parse(String text) {
    List<Range> out = new ArrayList<>();
    for (String part : text.strip().split("[\\s,]+")) {
      int dash = part.indexOf('-');
      int first = dash < 0 ? -1 : port(part.substring(0, dash));
      int last = dash < 0 ? -1 : port(part.substring(dash + 1));
      if (first < 0 || last < first) {
        return null;
      }
      out.add(new Range(first, last));
    }
    return new PortRanges(List.copyOf(out));
  }

  private static int port(String text) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    int n = Integer.parseInt(text);
    return n <= LAST_PORT ? n : -1;
  }

  /** True for a port of no service. */
  public boolean ignores(int port) {
    if (port == ALWAYS_TRACKED) {
      return false;
    }
    for (Range r : ranges) {
      if (port >= r.first && port <= r.last) {
        return true;
      }
    }
    return false;
  }
}
