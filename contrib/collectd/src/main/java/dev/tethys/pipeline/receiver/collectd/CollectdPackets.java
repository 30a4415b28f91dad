package dev.tethys.pipeline.receiver.collectd;

import dev.tethys.codec.collectd.CollectdTelemetry;
import dev.tethys.codec.collectd.PacketReader;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.socket.DatagramListener;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * Reads packets of collectd's binary protocol over UDP. Packets that arrive in quick succession are
 * combined and offered until accepted before more is read; meanwhile packets wait in the kernel.
 */
final class CollectdPackets implements DatagramListener.Handler {
  /** Lane of all packets of a socket, because packets of several machines are combined. */
  private static final long LANE = 1L << 33;

  private final PacketReader reader;
  private final CollectdOutput to;
  private final PointTally tally;
  private CollectdTelemetry open = new CollectdTelemetry(Map.of());

  CollectdPackets(PacketReader reader, CollectdOutput to, PointTally tally) {
    this.reader = reader;
    this.to = to;
    this.tally = tally;
  }

  @Override
  public void datagram(byte[] buf, int length, InetAddress from) {
    tally.refused("udp", reader.read(buf, 0, length, open));
  }

  @Override
  public void pause() throws InterruptedException {
    CollectdTelemetry done = open;
    open = new CollectdTelemetry(Map.of());
    for (CollectdOutput.Route w : to.routes(done, LANE, Metadata.NONE)) {
      List<Batch> batches = List.of(w.batch());
      PointSockets.deliver(
          (PointSockets.Offer) timeLimit -> ReceiverAdmission.deliver(batches, w.to(), timeLimit),
          tally,
          "udp");
    }
  }
}
