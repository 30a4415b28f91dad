package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract with rows in the head, in parts, in merged parts, and after a restart. */
@Tag("slow")
class ProfileDatabaseContractTest {
  private static final Path DIRECTORY = Path.of("/profiles");

  private abstract static class Base extends ProfileStoreContract {
    final SimulatedFiles files = new SimulatedFiles(1);

    ProfileDatabase database() {
      return (ProfileDatabase) store;
    }

    @Override
    protected ProfileStore open() throws Exception {
      return ProfileDatabase.open(
          files,
          DIRECTORY,
          new ProfileOptions(
              EngineOptions.defaults().withBackground(false).withReserveBytes(0),
              ProfileLimits.DEFAULTS));
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
