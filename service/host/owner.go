package host

import (
	"fmt"
	"os"
	"strings"
)

// Owner names this process so that another process on the same machine can
// tell whether it still lives: boot, process namespace, number and start. Where
// the system does not tell these, the name says nothing and Gone is never true.
func Owner() string {
	place, start := machine(), started(fmt.Sprint(os.Getpid()))
	if place == "" || start == "" {
		return ""
	}
	return fmt.Sprintf("%s/%d/%s", place, os.Getpid(), start)
}

// Gone reports whether the owner was a process of this machine that does not
// live any more. When in doubt it is false.
func Gone(owner string) bool {
	parts := strings.Split(owner, "/")
	place := machine()
	if len(parts) != 4 || place == "" || strings.Join(parts[:2], "/") != place {
		return false
	}
	return started(parts[2]) != parts[3]
}

// machine names this boot and process namespace.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + space
}

// started returns when a process was started, in ticks since boot; "gone" if
// there is none of that number.
func started(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		if os.IsNotExist(err) {
			return "gone"
		}
		return ""
	}
	_, after, ok := strings.Cut(string(stat), ") ") // the name may hold blanks and brackets
	fields := strings.Fields(after)
	if !ok || len(fields) < 20 {
		return ""
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "gone"
	}
	return fields[19]
}
