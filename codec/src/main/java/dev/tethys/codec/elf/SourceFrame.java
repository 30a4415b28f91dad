package dev.tethys.codec.elf;

/**
 * Frame of a stack in the source.
 *
 * @param symbol mangled name of the function; "" if unknown
 * @param file "" if it is unknown
 * @param line 0 if it is unknown
 */
public record SourceFrame(String symbol, String file, int line) {}
