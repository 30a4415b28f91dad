/** Profiles: batches, symbols, merged stacks, and the interface of their store. */
@NullMarked
package dev.tethys.model.profiles;

import org.jspecify.annotations.NullMarked;
