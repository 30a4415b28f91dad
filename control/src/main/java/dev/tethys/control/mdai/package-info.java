/** Resources of MyDecisive's MDAI: their files, variables, events and rules. */
@NullMarked
package dev.tethys.control.mdai;

import org.jspecify.annotations.NullMarked;
