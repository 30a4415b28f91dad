package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Services of runit, by the files {@code supervise/status} of twenty bytes. The first eight are the
 * second of the last change in TAI64, then follow nanoseconds, the process, and letters for the
 * desired and the actual state (runit's sv.c).
 */
final class RunitCollector implements NodeCollector {
  private static final int SIZE = 20;
  private static final int WANTED = 17;
  private static final int STATE = 19;

  /** TAI64's label of the start of 1970, ten seconds of leap included. */
  private static final long TAI64 = 0x400000000000000aL;

  private static final Desc IS = gauge("state", "State of runit service.");
  private static final Desc DESIRED = gauge("desired_state", "Desired state of runit service.");
  private static final Desc NORMAL = gauge("normal_state", "Normal state of runit service.");
  private static final Desc CHANGED =
      gauge(
          "state_last_change_timestamp_seconds",
          "Unix timestamp of the last runit service state change.");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_service_" + name, help, "service", "supervisor");
  }

  private final String folder;

  RunitCollector(NodeExporterOptions options) {
    folder = options.string("collector.runit.servicedir");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    for (String service : files.list(folder)) {
      String dir = folder + "/" + service;
      Text t = files.isFolder(dir) ? files.tryRead(dir + "/supervise/status") : null;
      if (t == null || t.limit < SIZE) {
        continue; // it was never supervised
      }
      ByteBuffer status = ByteBuffer.wrap(Arrays.copyOf(t.buf, SIZE));
      out.add(IS, status.get(STATE) & 0xff, service, "runit");
      out.add(DESIRED, status.get(WANTED) == 'u' ? 1 : 0, service, "runit");
      out.add(CHANGED, status.getLong(0) - TAI64, service, "runit");
      out.add(NORMAL, files.exists(dir + "/down") ? 0 : 1, service, "runit");
    }
  }
}
