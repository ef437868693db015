// Command follower registers with fargo and follows the registry until SIGTERM; GET /copy shows what it holds.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hudl/fargo"
)

const interval = time.Second

// follower holds the copy that the last fetch brought. fargo fetches when asked and knows no deltas.
type follower struct {
	connection fargo.EurekaConnection
	instance   *fargo.Instance
	mutex      sync.Mutex
	statuses   map[string]fargo.StatusType
}

func (f *follower) fetch() error {
	apps, err := f.connection.GetApps()
	if err != nil {
		return err
	}
	statuses := map[string]fargo.StatusType{}
	for _, app := range apps {
		for _, instance := range app.Instances {
			statuses[instance.InstanceId] = instance.Status
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.statuses = statuses
	return nil
}

// beat renews, and registers again when the registry knows nothing of the instance.
func (f *follower) beat() error {
	err := f.connection.HeartBeatInstance(f.instance)
	if code, present := fargo.HTTPResponseStatusCode(err); present && code == http.StatusNotFound {
		return f.connection.RegisterInstance(f.instance)
	}
	return err
}

func (f *follower) ServeHTTP(answer http.ResponseWriter, _ *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	answer.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(answer).Encode(map[string]any{"hash": nil, "instances": f.statuses}); err != nil {
		log.Print(err)
	}
}

func instance() *fargo.Instance {
	port, err := strconv.Atoi(os.Getenv("PORT"))
	if err != nil {
		log.Fatalf("PORT: %v", err)
	}
	address, app, id := os.Getenv("ADDRESS"), os.Getenv("APP"), os.Getenv("INSTANCE_ID")
	return &fargo.Instance{
		InstanceId:     id,
		UniqueID:       func(fargo.Instance) string { return id },
		HostName:       address,
		App:            app,
		IPAddr:         address,
		Port:           port,
		PortEnabled:    true,
		VipAddress:     strings.ToLower(app),
		Status:         fargo.UP,
		DataCenterInfo: fargo.DataCenterInfo{Name: fargo.MyOwn},
		LeaseInfo:      fargo.LeaseInfo{RenewalIntervalInSecs: 1, DurationInSecs: 30},
	}
}

func main() {
	connection := fargo.NewConn(strings.TrimSuffix(os.Getenv("EUREKA_URL"), "/"))
	connection.UseJson = os.Getenv("FORMAT") == "json"
	f := &follower{connection: connection, instance: instance()}
	if err := connection.RegisterInstance(f.instance); err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Fatal(http.ListenAndServe(os.Getenv("ADDRESS")+":"+os.Getenv("PORT"), f))
	}()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	ticks := time.NewTicker(interval)
	for {
		select {
		case <-ticks.C:
			for _, err := range []error{f.beat(), f.fetch()} {
				if err != nil {
					log.Print(err)
				}
			}
		case <-terminated:
			if err := connection.DeregisterInstance(f.instance); err != nil {
				log.Fatal(err)
			}
			return
		}
	}
}
