package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.guard.RequestBuffers;
import dev.tethys.model.profiles.ProfileAppendResult;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileDeletion;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventEngine;
import dev.tethys.store.events.EventStore;
import dev.tethys.store.events.EventView;
import dev.tethys.store.events.PartEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Profile store on {@link EventEngine}: the contents of a folder are described there and in {@link
 * ProfileSections}.
 */
public final class ProfileDatabase implements ProfileStore, EventStore {
  private final ProfileSignal signal = new ProfileSignal();
  private volatile Function<String, ProfileLimits> limits;
  private final EventEngine<ProfileHead, ProfileHead.Snapshot, ProfilePart> engine;
  private final RequestBuffers<AppendBuffers> buffers =
      new RequestBuffers<>(AppendBuffers::new, AppendBuffers::capacity);

  private ProfileDatabase(FileAccess files, Path directory, ProfileOptions options)
      throws IOException {
    this.limits = _ -> options.limits();
    this.engine = new EventEngine<>(files, directory, signal, options.engine());
  }

  /**
   * Opens a store.
   *
   * @throws IOException also if another process has it open
   * @throws dev.tethys.store.files.CorruptionException if the manifest cannot be read
   */
  public static ProfileDatabase open(FileAccess files, Path directory, ProfileOptions options)
      throws IOException {
    return new ProfileDatabase(files, directory, options);
  }

  /** Sets the limits by tenant, for appends from now on. */
  public void setLimits(Function<String, ProfileLimits> byTenant) {
    limits = byTenant;
  }

  @Override
  public ProfileAppendResult append(String tenant, ProfileBatch batch) {
    ProfileAdmission admission =
        new ProfileAdmission(limits.apply(tenant), signal.known(tenant), batch);
    admission.check();
    if (admission.stored == 0) {
      return admission.result();
    }
    AppendBuffers own = buffers.take();
    own.hashes.read(batch.symbols.view());
    engine.append(
        tenant,
        frame -> {
          ProfileFrame.write(batch, admission.refused, admission.stored, frame);
          return head -> ProfileFrame.apply(batch, admission.refused, own, head);
        });
    buffers.release(own);
    return admission.result();
  }

  @Override
  public ProfileSelection select(String tenant, List<Matcher> matchers, long from, long to) {
    EventView<ProfileHead.Snapshot, ProfilePart> view = engine.view(tenant, from, to);
    boolean built = false;
    try {
      ProfileSelection s = new FoundProfiles(view, matchers, from, to);
      built = true;
      return s;
    } finally {
      if (!built) {
        view.close();
      }
    }
  }

  @Override
  public SortedSet<String> labelNames(String tenant, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(tenant, matchers, from, to)) {
      l.toList().forEach(label -> out.add(label.name()));
    }
    return out;
  }

  @Override
  public SortedSet<String> labelValues(
      String tenant, String name, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(tenant, matchers, from, to)) {
      String value = l.get(name);
      if (!value.isEmpty()) {
        out.add(value);
      }
    }
    return out;
  }

  @Override
  public List<Labels> series(String tenant, List<Matcher> matchers, long from, long to) {
    try (ProfileSelection s = select(tenant, matchers, from, to)) {
      List<Labels> out = new ArrayList<>(s.series());
      out.sort(null);
      return out;
    }
  }

  @Override
  public ProfileDeletion delete(
      String tenant, String query, List<Matcher> matchers, long from, long to) {
    return deletion(
        engine.delete(tenant, query, from, to, new ProfileCondition(matchers).encode()));
  }

  @Override
  public List<ProfileDeletion> deletions(String tenant) {
    List<ProfileDeletion> out = new ArrayList<>();
    for (DeletionMark m : engine.deletions()) {
      if (m.tenant().equals(tenant)) {
        out.add(deletion(m));
      }
    }
    return out;
  }

  private static ProfileDeletion deletion(DeletionMark m) {
    return new ProfileDeletion(m.id(), m.query(), m.from(), m.to(), m.created(), m.processed());
  }

  @Override
  public boolean cancelDeletion(String tenant, String id) {
    return engine.cancelDeletion(tenant, id);
  }

  @Override
  public SortedSet<String> tenants() {
    return engine.tenants();
  }

  /** Writes all profiles in memory into parts. */
  @Override
  public void flush() throws IOException {
    engine.flush();
  }

  /** Applies retention and deletions and merges small parts now. */
  public void housekeep() throws IOException {
    engine.housekeep();
  }

  /** Bytes of the files of all parts. */
  @Override
  public long partBytes() {
    return engine.parts().stream().mapToLong(PartEntry::size).sum();
  }

  /** Number of parts that were found not to be readable; queries leave them out and say so. */
  @Override
  public int unreadableParts() {
    return engine.unreadableParts();
  }

  /** Number of parts. */
  @Override
  public int parts() {
    return engine.parts().size();
  }

  @Override
  public long headBytes() {
    return engine.headBytes();
  }

  @Override
  public StoreHealth health() {
    return engine.health();
  }

  /** True while appends are refused because the disk is nearly full. */
  public boolean isDiskFull() {
    return engine.isDiskFull();
  }

  @Override
  public void close() {
    engine.close();
  }
}
