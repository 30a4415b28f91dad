package dev.tethys.testkit;

import dev.tethys.model.traces.TraceStore;

final class MemoryTraceStoreContractTest extends TraceStoreContract {
  @Override
  protected TraceStore open() {
    return new MemoryTraceStore();
  }
}
