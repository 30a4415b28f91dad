package dev.tethys.store.logs;

import dev.tethys.model.logs.LogStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreContract;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract with rows in the head, in parts, in merged parts, and after a restart. */
@Tag("slow")
class LogDatabaseContractTest {
  private static final Path DIRECTORY = Path.of("/logs");

  private abstract static class Base extends LogStoreContract {
    final SimulatedFiles files = new SimulatedFiles(1);

    LogDatabase database() {
      return (LogDatabase) store;
    }

    @Override
    protected LogStore open() throws Exception {
      return LogDatabase.open(
          files,
          DIRECTORY,
          new LogOptions(
              EngineOptions.defaults().withBackground(false).withReserveBytes(0),
              LogLimits.DEFAULTS));
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
