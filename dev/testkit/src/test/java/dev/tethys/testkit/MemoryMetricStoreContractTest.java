package dev.tethys.testkit;

import dev.tethys.model.storage.MetricStore;

class MemoryMetricStoreContractTest extends MetricStoreContract {
  @Override
  protected MetricStore create() {
    return new MemoryMetricStore(0);
  }

  @Override
  protected MetricStore createTakingLateSamples() {
    return new MemoryMetricStore();
  }
}
