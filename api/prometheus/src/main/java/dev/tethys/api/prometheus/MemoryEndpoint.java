package dev.tethys.api.prometheus;

import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryShare;
import java.io.IOException;
import java.util.List;

/** {@code /status/memory}: memory shares of the process, most important first. */
final class MemoryEndpoint {
  private final MemoryBudget budget;

  MemoryEndpoint(MemoryBudget budget) {
    this.budget = budget;
  }

  void register(ApiRoutes routes) {
    routes.getOfServer("/status/memory", this::shares);
  }

  private void shares(ApiCall call) throws IOException {
    List<MemoryShare> shares = budget.shares();
    call.data(
        out -> {
          out.put('{').name("totalBytes").number(budget.total());
          out.next("usedBytes").number(budget.used());
          out.next("heapBytes").number(Runtime.getRuntime().maxMemory());
          out.next("shares").put('[');
          for (int i = 0; i < shares.size(); i++) {
            MemoryShare s = shares.get(i);
            out.sep(i == 0).put('{').name("name").string(s.use().text());
            out.next("usedBytes").number(s.used());
            out.next("guaranteedBytes").number(s.guaranteed());
            out.next("maxBytes").number(s.max());
            out.next("refusals").number(s.refusals()).put('}');
          }
          out.raw("]}");
        });
  }
}
