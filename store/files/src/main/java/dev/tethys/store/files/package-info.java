/** Byte buffers, checksummed frames and the write-ahead log, shared by all stores. */
@NullMarked
package dev.tethys.store.files;

import org.jspecify.annotations.NullMarked;
