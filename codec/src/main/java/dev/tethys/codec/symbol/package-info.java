/** Function names, demangled from the names that compilers generate. */
@NullMarked
package dev.tethys.codec.symbol;

import org.jspecify.annotations.NullMarked;
