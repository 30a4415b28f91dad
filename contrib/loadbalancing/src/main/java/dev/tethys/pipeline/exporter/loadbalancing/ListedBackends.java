package dev.tethys.pipeline.exporter.loadbalancing;

import java.util.List;

/** Backends from a static list. */
record ListedBackends(List<String> hostnames) implements BackendSource {
  @Override
  public String name() {
    return "static";
  }

  @Override
  public String address() {
    return "the list";
  }

  @Override
  public void start(Listener listener) {
    listener.found(hostnames);
  }

  @Override
  public void stop() {
    // no discovery to stop
  }
}
