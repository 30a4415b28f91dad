package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.SymbolCopier;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventSignal;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.files.ByteSource;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Profiles as a signal of the engine of events. */
final class ProfileSignal implements EventSignal<ProfileHead, ProfileHead.Snapshot, ProfilePart> {
  private final Map<String, Set<Labels>> known = new ConcurrentHashMap<>();

  /** Series of a tenant that were appended since its parts last expired. */
  Set<Labels> known(String tenant) {
    return known.computeIfAbsent(tenant, _ -> ConcurrentHashMap.newKeySet());
  }

  @Override
  public void expired(String tenant) {
    known.remove(tenant);
  }

  @Override
  public ProfileHead createHead(String tenant) {
    return new ProfileHead();
  }

  @Override
  public void replay(ProfileHead head, ByteSource frame) {
    ProfileFrame.replay(frame, head);
  }

  @Override
  public ProfilePart open(PartFile file) {
    return new ProfilePart(file);
  }

  @Override
  public void flush(ProfileHead head, PartSink sink) throws IOException {
    new ProfilePartBuilder(head.snapshot()).write(sink);
  }

  /** Copies the rows of the parts that are not deleted into a head and writes that. */
  @Override
  public void merge(
      String tenant, List<ProfilePart> parts, List<List<DeletionMark>> deletions, PartSink sink)
      throws IOException {
    ProfileHead head = new ProfileHead();
    for (int i = 0; i < parts.size(); i++) {
      copy(parts.get(i), deletions.get(i), head);
    }
    new ProfilePartBuilder(head.snapshot()).write(sink);
  }

  private static void copy(ProfilePart part, List<DeletionMark> marks, ProfileHead head) {
    ProfilePart.Index index = part.index();
    HiddenRows[] hidden = new HiddenRows[index.series().length];
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = HiddenRows.of(marks, index.series()[i]);
    }
    ProfileSymbols symbols = part.symbols();
    Copying to = new Copying(index.series(), new SymbolCopier(symbols, head.symbols), head);
    for (int b = 0; b < part.blocks(); b++) {
      part.read(b, (n, time) -> hidden[n].contains(time) ? -1 : n, to, symbols, () -> false);
    }
  }

  /** Adds the rows it reads to a head. */
  private record Copying(Labels[] series, SymbolCopier copier, ProfileHead head)
      implements ProfileReader {
    @Override
    public boolean needsSamples() {
      return true;
    }

    @Override
    public void begin(ProfileSymbols symbols) {}

    @Override
    public void profile(int number, ProfileRows rows, int row, Samples samples) {
      for (int i = 0; i < samples.count; i++) {
        samples.stacks[i] = copier.node(samples.stacks[i]);
        samples.attributes[i] = copier.attributes(samples.attributes[i]);
      }
      // Not sorted: the writer of the part sorts by its own numbers.
      head.add(
          head.series(series[number]),
          rows.times[row],
          rows.durations[row],
          rows.periods[row],
          copier.attributes(rows.metas[row]),
          samples);
    }

    @Override
    public void end() {}
  }

  @Override
  public boolean mayHold(ProfilePart part, DeletionMark mark) {
    ProfileCondition condition = ProfileCondition.decode(mark.condition());
    ProfilePart.Index index = part.index();
    for (int i = 0; i < index.numbers().length; i++) {
      if (index.firsts()[i] < mark.to()
          && index.lasts()[i] >= mark.from()
          && condition.fits(index.series()[index.numbers()[i]])) {
        return true;
      }
    }
    return false;
  }
}
