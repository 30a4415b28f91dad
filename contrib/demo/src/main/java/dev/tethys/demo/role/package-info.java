/** The role {@code demo}: starts the parts of the shop, sends load and shows the faults. */
@NullMarked
package dev.tethys.demo.role;

import org.jspecify.annotations.NullMarked;
