package dev.tethys.codec.pprof;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import java.util.Arrays;

/**
 * Tables of a pprof message as symbols of the profile store. All entries are checked; entries
 * referenced by samples are added to the symbols once. Of the first message of a batch, entries
 * that differ in their id alone, which programs do not write, are not found to be equal. Not
 * thread-safe.
 */
final class PprofSymbols {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;
  private static final int MAPPING = 6;
  private static final int FUNCTION = 4;
  private static final int ROW_OF_LOCATION = ProfileSymbols.LOCATION_HEAD + ProfileSymbols.LINE;
  private static final int NODES_OF_SAMPLE = 8; // stacks of a program share most of their frames
  private static final ProfileSymbolTable NOTHING = new ProfileSymbolTable();
  private static final int MAX_RESERVED = 1 << 15; // sizes are the word of a client
  private static final int MAX_RESERVED_BYTES = 1 << 20;

  private final PprofMessage message;
  private ProfileSymbolTable to = NOTHING;
  private boolean isFirst; // the symbols are empty: entries need no look-up

  private final EntryIndexes mappingIds = new EntryIndexes();
  private final EntryIndexes functionIds = new EntryIndexes();
  private final EntryIndexes locationIds = new EntryIndexes();

  // Rows of the symbols, in which strings, mappings and functions are entries of the message.
  private long[] mappings = {};
  private long[] functions = {};
  private long[] locations = {};
  private int[] starts = {0}; // of locations

  // Indexes in the symbols, NONE before an entry is added.
  private int[] addedStrings = {};
  private int[] addedMappings = {};
  private int[] addedFunctions = {};
  private int[] addedLocations = {};

  private final ProtoReader reader = new ProtoReader();
  private final long[] fields = new long[11];
  private final long[] line = new long[4];

  /** Creates symbols of a message that is read later. */
  PprofSymbols(PprofMessage message) {
    this.message = message;
  }

  /** Clears the symbols and keeps the arrays. */
  void clear() {
    to = NOTHING;
    reader.reset(message.bytes, 0, 0);
  }

  /** Length of the arrays in bytes. */
  long capacity() {
    return 8L * (mappings.length + functions.length + locations.length)
        + 4L * (starts.length + addedStrings.length + addedFunctions.length)
        + 4L * (addedMappings.length + addedLocations.length)
        + mappingIds.capacity()
        + functionIds.capacity()
        + locationIds.capacity();
  }

  /**
   * Reads and checks the tables of the message, replacing the tables of the previous message.
   *
   * @throws dev.tethys.codec.CodecException if an entry refers to one that does not exist
   */
  void read(ProfileSymbolTable into) {
    to = into;
    isFirst = to.strings.count() == 1;
    int mappingCount = message.mappings.size();
    int functionCount = message.functions.size();
    int locationCount = message.locations.size();
    mappingIds.clear(mappingCount);
    functionIds.clear(functionCount);
    locationIds.clear(locationCount);
    mappings = longs(mappings, MAPPING * mappingCount);
    functions = longs(functions, FUNCTION * functionCount);
    locations = longs(locations, ROW_OF_LOCATION * Math.min(locationCount + 1, MAX_RESERVED));
    starts = starts.length > locationCount ? starts : new int[locationCount + 1];
    addedStrings = none(addedStrings, message.strings.size());
    addedMappings = none(addedMappings, mappingCount);
    addedFunctions = none(addedFunctions, functionCount);
    addedLocations = none(addedLocations, locationCount);
    for (int i = 0; i < mappingCount; i++) {
      mapping(i, reset(message.mappings, i), cleared(fields));
    }
    for (int i = 0; i < functionCount; i++) {
      function(i, reset(message.functions, i), cleared(fields));
    }
    for (int i = 0; i < locationCount; i++) {
      location(i, reset(message.locations, i), cleared(fields));
    }
    if (isFirst) {
      reserve();
    }
  }

  private void reserve() {
    int functionCount = message.functions.size();
    int locationCount = message.locations.size();
    to.strings.reserve(
        Math.min(message.strings.size(), MAX_RESERVED),
        Math.min(message.stringBytes(), MAX_RESERVED_BYTES));
    to.nodes.reserve((int) Math.min((long) NODES_OF_SAMPLE * message.samples.size(), MAX_RESERVED));
    to.functions.reserveRows(
        Math.min(functionCount, MAX_RESERVED), FUNCTION * Math.min(functionCount, MAX_RESERVED));
    to.locations.reserveRows(
        Math.min(locationCount, MAX_RESERVED),
        Math.min(starts[locationCount], MAX_RESERVED * ROW_OF_LOCATION));
  }

  private static long[] longs(long[] before, int length) {
    return before.length >= length ? before : new long[length];
  }

  private static int[] none(int[] before, int length) {
    int[] a = before.length >= length ? before : new int[length];
    Arrays.fill(a, 0, length, NONE);
    return a;
  }

  private static long[] cleared(long[] fields) {
    Arrays.fill(fields, 0);
    return fields;
  }

  private ProtoReader reset(PprofMessage.Entries entries, int index) {
    return reader.reset(message.bytes, entries.offset(index), entries.length(index));
  }

  private void mapping(int index, ProtoReader r, long[] fields) {
    PprofMessage.numbers(r, fields);
    int at = MAPPING * index;
    mappings[at] = fields[2];
    mappings[at + 1] = fields[3];
    mappings[at + 2] = fields[4];
    mappings[at + 3] = message.check(fields[5]);
    mappings[at + 4] = message.check(fields[6]);
    mappings[at + 5] = 0;
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

  private void location(int index, ProtoReader r, long[] fields) {
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

  /** Returns the index of a message string in the symbols. */
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

  /** Returns the index of a message location in the symbols. */
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
