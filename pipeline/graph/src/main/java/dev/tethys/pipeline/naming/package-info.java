/** Names of indices, tables and topics that have labels in them. */
@NullMarked
package dev.tethys.pipeline.naming;

import org.jspecify.annotations.NullMarked;
