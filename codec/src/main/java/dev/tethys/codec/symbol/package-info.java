/** Names of functions, from the names that compilers give them. */
@NullMarked
package dev.tethys.codec.symbol;

import org.jspecify.annotations.NullMarked;
