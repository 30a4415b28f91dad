package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.ProfileAppendResult;
import dev.tethys.model.profiles.ProfileAppendResult.Refusal;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileIngester;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.util.stream.Collectors;

/**
 * Profile store of the process. Profiles over a limit are rejected with Pyroscope's reason, the
 * others of the batch are stored.
 */
public final class EmbeddedProfileStore extends TenantBatches {
  private final ProfileIngester ingester;

  public EmbeddedProfileStore(ProfileIngester ingester) {
    super(ingester, "invalid_profile");
    this.ingester = ingester;
  }

  @Override
  Outcome append(Scope scope, Batch batch, TethysSettings settings) {
    int items = batch.items();
    long size = batch.size();
    ProfileBatch read = batch.takeProfiles();
    if (read == null) {
      Telemetry<?> tree = batch.takeTree();
      read = ProfileBatchReader.read((ProfilesData) tree, UnixNanos.now());
      batch.keepTree(tree);
    }
    int profiles = read.rows.count;
    ProfileAppendResult result = ingester.append(scope, read, size);
    read.release();
    return outcome(result, items, profiles);
  }

  /** Converts a result in profiles to an outcome in samples, which batches count. */
  private static Outcome outcome(ProfileAppendResult r, int items, int profiles) {
    if (r.refusals().isEmpty()) {
      return Outcome.ACCEPTED;
    }
    String text = r.refusals().stream().map(Refusal::message).collect(Collectors.joining("\n"));
    long share = (long) items * r.refused() / Math.max(1, profiles);
    return new Outcome.Rejected(text, r.stored() == 0 ? items : (int) Math.max(1, share));
  }
}
