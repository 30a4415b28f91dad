/**
 * Pull reader and writer for the protobuf wire format over byte arrays, without objects a field.
 */
@NullMarked
package dev.tethys.codec.protobuf;

import org.jspecify.annotations.NullMarked;
