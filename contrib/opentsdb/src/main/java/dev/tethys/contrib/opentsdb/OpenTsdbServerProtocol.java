package dev.tethys.contrib.opentsdb;

import dev.tethys.codec.points.PointNames;
import dev.tethys.pipeline.receiver.opentsdb.OpenTsdbProtocol;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointProtocol;
import dev.tethys.pipeline.server.HttpServerEndpoint;

/** OpenTSDB's {@code /api/put} on the server's port. */
public final class OpenTsdbServerProtocol implements PointProtocol {
  @Override
  public String name() {
    return "opentsdb";
  }

  @Override
  public void addTo(HttpServerEndpoint endpoint, PointConsumer to) {
    new OpenTsdbProtocol(to, PointNames.UNDERSCORES).addTo(endpoint);
  }
}
