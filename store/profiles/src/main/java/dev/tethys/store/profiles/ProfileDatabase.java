package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.guard.RequestBuffers;
import dev.tethys.model.profiles.ProfileAppendResult;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.store.events.EventDatabase;
import dev.tethys.store.events.EventEngine;
import dev.tethys.store.events.EventView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Profile store on {@link EventEngine}: the contents of a folder are described there and in {@link
 * ProfileSections}.
 */
public final class ProfileDatabase extends EventDatabase<ProfileLimits> implements ProfileStore {
  private final ProfileSignal signal = new ProfileSignal();
  private final EventEngine<ProfileHead, ProfileHead.Snapshot, ProfilePart> engine;
  private final RequestBuffers<AppendBuffers> buffers =
      new RequestBuffers<>(AppendBuffers::new, AppendBuffers::capacity);

  private ProfileDatabase(FileAccess files, Path directory, ProfileOptions options)
      throws IOException {
    super(_ -> options.limits());
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

  @Override
  protected EventEngine<?, ?, ?> engine() {
    return engine;
  }

  @Override
  public ProfileAppendResult append(Scope scope, ProfileBatch batch) {
    String tenant = scope.tenant();
    ProfileAdmission admission = new ProfileAdmission(limits(tenant), signal.known(tenant), batch);
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
  public ProfileSelection select(Scope scope, List<Matcher> matchers, long from, long to) {
    EventView<ProfileHead.Snapshot, ProfilePart> view = engine.view(scope.tenant(), from, to);
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
  public SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(scope, matchers, from, to)) {
      l.toList().forEach(label -> out.add(label.name()));
    }
    return out;
  }

  @Override
  public SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(scope, matchers, from, to)) {
      String value = l.get(name);
      if (!value.isEmpty()) {
        out.add(value);
      }
    }
    return out;
  }

  @Override
  public List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to) {
    try (ProfileSelection s = select(scope, matchers, from, to)) {
      List<Labels> out = new ArrayList<>(s.series());
      out.sort(null);
      return out;
    }
  }

  @Override
  public EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, long from, long to) {
    return deletion(
        engine.delete(scope.tenant(), query, from, to, new ProfileCondition(matchers).encode()));
  }
}
