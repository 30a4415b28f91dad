package dev.tethys.store.traces;

import dev.tethys.model.traces.TraceStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.TraceStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract with spans in the head, in parts, in merged parts, and after a restart. */
@Tag("slow")
class TraceDatabaseContractTest {
  private static final Path DIRECTORY = Path.of("/traces");

  private abstract static class Base extends TraceStoreContract {
    final SimulatedFiles files = new SimulatedFiles(1);

    TraceDatabase database() {
      return (TraceDatabase) store;
    }

    @Override
    protected TraceStore open() throws Exception {
      return TraceDatabase.open(
          files,
          DIRECTORY,
          new TraceOptions(
              EngineOptions.defaults().withBackground(false).withReserveBytes(0),
              TraceLimits.DEFAULTS));
    }
  }

  @Nested
  class InTheHead extends Base {}

  @Nested
  class InParts extends Base {
    @Override
    protected void settle() throws Exception {
      database().flush();
    }
  }

  @Nested
  class InMergedParts extends Base {
    @Override
    protected void settle() throws Exception {
      database().flush();
      database().housekeep();
    }
  }

  @Nested
  class AfterARestart extends Base {
    @Override
    protected void settle() throws Exception {
      // A selection of the test may be open: files stay mapped until it closes.
      store.close();
      store = open();
    }
  }

  @Nested
  class InPartsAfterARestart extends Base {
    @Override
    protected void settle() throws Exception {
      database().flush();
      database().housekeep();
      store.close();
      store = open();
    }
  }
}
