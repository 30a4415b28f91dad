package dev.tethys.contrib.splunk;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.splunk.SplunkProtocol;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.RecordProtocol;

/** Splunk's event collector on the server's port. */
public final class SplunkServerProtocol implements RecordProtocol {
  @Override
  public Signal signal() {
    return Signal.LOGS;
  }

  @Override
  public void addTo(HttpServerEndpoint endpoint, Consumer to, Scheduler clock) {
    new SplunkProtocol(to, clock, SplunkProtocol.LABEL_NAMES).addTo(endpoint);
  }
}
