package dev.tethys.codec.pprof;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import java.util.Arrays;

/**
 * Tables of a pprof message as symbols of the profile store. All entries are checked; those that
 * samples refer to are added to the symbols, once. Of the first message of a batch, entries that
 * differ in their id alone, which programs do not write, are not found to be equal. Not safe for
 * several threads.
 */
final class PprofSymbols {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;
  private static final int MAPPING = 6;
  private static final int FUNCTION = 4;
  private static final int ROW_OF_LOCATION = ProfileSymbols.LOCATION_HEAD + ProfileSymbols.LINE;
  private static final int NODES_OF_SAMPLE = 8; // stacks of a program share most of their frames
  private static final int MAX_RESERVED = 1 << 15; // sizes are the word of a client
  private static final int MAX_RESERVED_BYTES = 1 << 20;

  private final PprofMessage message;
  private final ProfileSymbolTable to;
  private final boolean isFirst; // the symbols are empty: entries need no look-up

  private final EntryIndexes mappingIds;
  private final EntryIndexes functionIds;
  private final EntryIndexes locationIds;

  // Rows of the symbols, in which strings, mappings and functions are entries of the message.
  private final long[] mappings;
  private final long[] functions;
  private long[] locations;
  private final int[] starts; // of locations

  // Indexes in the symbols, NONE before an entry is added.
  private final int[] addedStrings;
  private final int[] addedMappings;
  private final int[] addedFunctions;
  private final int[] addedLocations;

  /**
   * Reads and checks the tables.
   *
   * @throws dev.tethys.codec.CodecException if an entry refers to one that does not exist
   */
  PprofSymbols(PprofMessage message, ProfileSymbolTable to) {
    this.message = message;
    this.to = to;
    this.isFirst = to.strings.count() == 1;
    mappingIds = new EntryIndexes(message.mappings.size());
    functionIds = new EntryIndexes(message.functions.size());
    locationIds = new EntryIndexes(message.locations.size());
    mappings = new long[MAPPING * message.mappings.size()];
    functions = new long[FUNCTION * message.functions.size()];
    starts = new int[message.locations.size() + 1];
    locations = new long[ROW_OF_LOCATION * Math.min(starts.length, MAX_RESERVED)];
    addedStrings = none(message.strings.size());
    addedMappings = none(message.mappings.size());
    addedFunctions = none(message.functions.size());
    addedLocations = none(message.locations.size());
    ProtoReader r = new ProtoReader();
    long[] fields = new long[11];
    for (int i = 0; i < addedMappings.length; i++) {
      mapping(i, reset(r, message.mappings, i), cleared(fields));
    }
    for (int i = 0; i < addedFunctions.length; i++) {
      function(i, reset(r, message.functions, i), cleared(fields));
    }
    long[] line = new long[4];
    for (int i = 0; i < addedLocations.length; i++) {
      location(i, reset(r, message.locations, i), cleared(fields), line);
    }
    if (isFirst) {
      reserve();
    }
  }

  private void reserve() {
    to.strings.reserve(
        Math.min(addedStrings.length, MAX_RESERVED),
        Math.min(message.stringBytes(), MAX_RESERVED_BYTES));
    to.nodes.reserve((int) Math.min((long) NODES_OF_SAMPLE * message.samples.size(), MAX_RESERVED));
    to.functions.reserveRows(
        Math.min(addedFunctions.length, MAX_RESERVED),
        Math.min(functions.length, MAX_RESERVED * FUNCTION));
    to.locations.reserveRows(
        Math.min(addedLocations.length, MAX_RESERVED),
        Math.min(starts[addedLocations.length], MAX_RESERVED * ROW_OF_LOCATION));
  }

  private static int[] none(int length) {
    int[] a = new int[length];
    Arrays.fill(a, NONE);
    return a;
  }

  private static long[] cleared(long[] fields) {
    Arrays.fill(fields, 0);
    return fields;
  }

  private ProtoReader reset(ProtoReader r, PprofMessage.Entries entries, int index) {
    return r.reset(message.bytes, entries.offset(index), entries.length(index));
  }

  private void mapping(int index, ProtoReader r, long[] fields) {
    PprofMessage.numbers(r, fields);
    int at = MAPPING * index;
    mappings[at] = fields[2];
    mappings[at + 1] = fields[3];
    mappings[at + 2] = fields[4];
    mappings[at + 3] = message.check(fields[5]);
    mappings[at + 4] = message.check(fields[6]);
    for (int flag = 0; flag < 4; flag++) { // in the order of ProfileSymbols.HAS_FUNCTIONS …
      mappings[at + 5] |= fields[7 + flag] != 0 ? 1L << flag : 0;
    }
    mappingIds.put(fields[1], index);
  }

  private void function(int index, ProtoReader r, long[] fields) {
    PprofMessage.numbers(r, fields);
    int at = FUNCTION * index;
    functions[at] = message.check(fields[2]);
    functions[at + 1] = message.check(fields[3]);
    functions[at + 2] = message.check(fields[4]);
    functions[at + 3] = fields[5];
    functionIds.put(fields[1], index);
  }

  private void location(int index, ProtoReader r, long[] fields, long[] line) {
    int start = starts[index];
    int at = start + ProfileSymbols.LOCATION_HEAD;
    room(at);
    while (r.next()) {
      if (r.tag() == (4 << 3 | LENGTH)) {
        int outer = r.enter();
        PprofMessage.numbers(r, cleared(line));
        r.leave(outer);
        room(at + ProfileSymbols.LINE);
        locations[at] = line[1] == 0 ? NONE : PprofMessage.known(functionIds, line[1], "function");
        locations[at + 1] = line[2];
        locations[at + 2] = line[3];
        at += ProfileSymbols.LINE;
      } else if (r.wireType() == ProtoReader.VARINT && r.field() <= 5) {
        fields[r.field()] = r.readVarint();
      } else {
        r.skip();
      }
    }
    locations[start] = fields[2] == 0 ? NONE : PprofMessage.known(mappingIds, fields[2], "mapping");
    locations[start + 1] = fields[3];
    locations[start + 2] = fields[5] == 0 ? 0 : 1;
    starts[index + 1] = at;
    locationIds.put(fields[1], index);
  }

  private void room(int end) {
    if (end > locations.length) {
      locations = Arrays.copyOf(locations, Math.max(end, locations.length * 2));
    }
  }

  /** Index of a string of the message in the symbols. */
  int string(long index) {
    int i = message.check(index);
    int known = addedStrings[i];
    if (known == NONE) {
      PprofMessage.Entries all = message.strings;
      known =
          isFirst
              ? to.strings.append(message.bytes, all.offset(i), all.length(i))
              : to.strings.intern(message.bytes, all.offset(i), all.length(i));
      addedStrings[i] = known;
    }
    return known;
  }

  /**
   * Index of the location with an id in the message.
   *
   * @throws dev.tethys.codec.CodecException if there is none
   */
  int location(long id) {
    return PprofMessage.known(locationIds, id, "location");
  }

  /** Index of a location of the message in the symbols. */
  int addedLocation(int index) {
    int known = addedLocations[index];
    if (known == NONE) {
      known = addLocation(index);
      addedLocations[index] = known;
    }
    return known;
  }

  private int addLocation(int index) {
    int start = starts[index]; // the row is not read again: it becomes one of the symbols
    int end = starts[index + 1];
    locations[start] = addMapping((int) locations[start]);
    for (int at = start + ProfileSymbols.LOCATION_HEAD; at < end; at += ProfileSymbols.LINE) {
      locations[at] = addFunction((int) locations[at]);
    }
    return isFirst
        ? to.locations.append(locations, start, end - start)
        : to.locations.intern(locations, start, end - start);
  }

  private int addMapping(int index) {
    if (index == NONE) {
      return 0;
    }
    if (addedMappings[index] == NONE) {
      long[] m = Arrays.copyOfRange(mappings, MAPPING * index, MAPPING * (index + 1));
      m[3] = string(m[3]);
      m[4] = string(m[4]);
      addedMappings[index] = to.mappings.intern(m, MAPPING);
    }
    return addedMappings[index];
  }

  private int addFunction(int index) {
    if (index == NONE) {
      return 0;
    }
    if (addedFunctions[index] == NONE) {
      int at = FUNCTION * index; // the row is not read again: its strings become those of symbols
      for (int column = 0; column < 3; column++) {
        functions[at + column] = string(functions[at + column]);
      }
      addedFunctions[index] =
          isFirst
              ? to.functions.append(functions, at, FUNCTION)
              : to.functions.intern(functions, at, FUNCTION);
    }
    return addedFunctions[index];
  }
}
