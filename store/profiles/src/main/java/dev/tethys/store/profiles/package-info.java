/** Profile store on the engine of events: symbols and stacks once per part, values by profile. */
@NullMarked
package dev.tethys.store.profiles;

import org.jspecify.annotations.NullMarked;
