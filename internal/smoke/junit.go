package smoke

import (
	"fmt"
	"io"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// JUnit writes checks in the format that CI systems read: a suite of the
// cluster's name, a case a check.
func JUnit(w io.Writer, cluster string, checks []Check) error {
	suite := junit.Testsuite{Name: "smoke/" + cluster}
	total := 0.0
	for _, c := range checks {
		total += c.Seconds
		test := junit.Testcase{Classname: c.Subject, Name: c.Name, Time: seconds(c.Seconds)}
		switch c.Result {
		case Failed:
			test.Failure = &junit.Result{Message: c.Detail, Data: c.Detail + "\nfix: " + c.Fix}
		case Skipped:
			test.Skipped = &junit.Result{Message: c.Detail}
		}
		suite.AddTestcase(test)
	}
	suite.Time = seconds(total)
	var all junit.Testsuites
	all.AddSuite(suite)
	return all.WriteXML(w)
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
